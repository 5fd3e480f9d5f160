// Structured log lines for CloudWatch. Only codes, counts and keys of events: never bodies, traits, emails or API keys.

type Fields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export function logWarning(message: string, fields: Fields = {}): void {
  console.warn(JSON.stringify({ level: 'warn', message, ...fields }));
}

export function logError(message: string, fields: Fields = {}): void {
  console.error(JSON.stringify({ level: 'error', message, ...fields }));
}
