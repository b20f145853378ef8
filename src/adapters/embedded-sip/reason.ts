/** What an error says, for a trouble line. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
