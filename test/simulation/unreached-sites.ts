/**
 * Places of ingest, process and reprocess that no scene of the crash matrix reaches, and why. One that is reached after all
 * fails the matrix, as does one that is missing here.
 */
export const UNREACHED: ReadonlyMap<string, string> = new Map([]);
