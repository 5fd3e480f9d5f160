import type { IncomingMessage } from 'node:http';

const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/**
 * Whether a request means one thing to a proxy in front and another to us. Node's parser refuses the worst by itself, with
 * 400 and the end of the connection: two lengths, a length beside chunks, folded lines, bare line feeds, a space before the
 * colon. What it lets through and AWS does not: a target that is a whole address, or `*`, or has a fragment; two hosts, or
 * one that is more than a name; chunks of something packed, which nobody unpacks.
 */
export function isAmbiguous({ url = '', headersDistinct }: IncomingMessage): boolean {
  if (!url.startsWith('/') || url.includes('#')) return true;
  const { host = [], 'transfer-encoding': encodings = [] } = headersDistinct;
  if (host.length > 1 || !host.every((name) => name === '' || HOST.test(name))) return true;
  return encodings.some((encoding) => encoding.includes(','));
}
