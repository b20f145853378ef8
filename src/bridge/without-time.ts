/** An event before the runner stamps it with its clock. Distributes over the union. */
export type WithoutTime<Event extends { readonly at: number }> = Event extends unknown ? Omit<Event, 'at'> : never;
