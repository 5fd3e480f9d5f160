import { gzipSync } from 'node:zlib';

// A file to download. Lambda answers with at most 6 MB, and what is packed travels as base64, a third larger: whoever makes a
// file ends a part of it at the size below, and says in a header how to get the next.

/** In characters. Three bytes each at the most, and few files have many such. */
export const CSV_PART_LENGTH_MAX = 1_400_000;

/** The header that says how to get the next part of a file. */
export const NEXT_CURSOR_HEADER = 'x-next-cursor';

export function csvAnswer(
  csv: string,
  {
    fileName,
    acceptEncoding = '',
    cursor,
  }: {
    readonly fileName: string;
    readonly acceptEncoding?: string | undefined;
    readonly cursor?: string | undefined;
  },
): { readonly body: Uint8Array<ArrayBuffer>; readonly headers: Record<string, string> } {
  const isPacked = /\bgzip\b/.test(acceptEncoding);
  const plain = Buffer.from(csv.toWellFormed());
  return {
    body: new Uint8Array(isPacked ? gzipSync(plain) : plain),
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${fileName}"`,
      vary: 'accept-encoding',
      ...(isPacked && { 'content-encoding': 'gzip' }),
      ...(cursor !== undefined && { [NEXT_CURSOR_HEADER]: cursor }),
    },
  };
}
