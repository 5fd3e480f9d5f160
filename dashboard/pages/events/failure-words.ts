export interface FailureWords {
  /** A sentence. */
  readonly what: string;
  /** What an engineer looks for in code and logs: `DamagedItemError`. */
  readonly kind?: string;
}

/** The error of a quarantined event as the API writes it, `Kind: sentence.`, taken apart. */
export function failureWords(error: string | undefined): FailureWords {
  if (error === undefined) return { what: 'The reason was not kept.' };
  const [, kind, what] = /^([A-Za-z]\w*): (.+)$/s.exec(error) ?? [];
  if (kind === undefined || what === undefined) return { what: error };
  return { what: what.charAt(0).toUpperCase() + what.slice(1), kind };
}
