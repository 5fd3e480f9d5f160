import { isJsonObject, ownValue, parseJson } from '../core/json-value.ts';

// Messages carry the version of their form. While a deployment is rolled back, queues may hold what a later version wrote:
// whoever cannot read it must leave it where it is, for that version to find when it comes again.

const VERSION = 1;

/** Whether a later version of this program has written the message. */
export function isOfLaterVersion(body: string): boolean {
  const json = parseJson(body);
  const version = json.ok && isJsonObject(json.value) ? ownValue(json.value, 'v') : undefined;
  return typeof version === 'number' && version > VERSION;
}
