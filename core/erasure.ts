// What of a user an erasure takes. One number decides, its boundary: an event belongs to the erased user when it happened,
// or when it arrived, before the boundary. The arrival counts too, because clocks are wrong: what was here before anybody
// asked for the erasure is of that user, whatever its timestamp says. What arrives later and happened later starts a new
// user under the same id. (docs/erasure.md)

/** `time` is the corrected timestamp of the request, or the moment of the request itself; never in the future. */
export const erasureBoundary = (time: number, requestedAt: number): number => Math.min(time, requestedAt);

export const isBefore = (
  event: { readonly time: number; readonly receivedAt: number },
  boundary: number,
): boolean => Math.min(event.time, event.receivedAt) < boundary;
