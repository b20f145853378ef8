/** Values that everyone knows, since programs and images come with them. */
const KNOWN_SECRETS: ReadonlySet<string> = new Set(['ClueCon', 'cymru', 'admin', 'JambonzR0ck$', 'secret', 'password']);

/** @throws Error where the secret is short or known to everyone. */
export function checkSecret(secret: string, what: string): void {
  if (KNOWN_SECRETS.has(secret) || secret.length < 16) {
    throw new Error(`the secret of ${what} is known to everyone or shorter than 16 characters: choose another`);
  }
}

/**
 * Fills in `{{name}}`; what is filled in is escaped for XML, but for names ending in `Xml`.
 * @throws Error where a value is missing.
 */
export function renderTemplate(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for ${name} in the configuration template`);
    return name.endsWith('Xml') ? String(value) : escapeXml(String(value));
  });
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
