/**
 * Places that a function could come to by what its code mentions, and that no scene of the crash matrix reaches, with the
 * reason. One that is reached after all fails the matrix, as does one that is missing here.
 */
export const UNREACHED: ReadonlyMap<string, string> = new Map([
  [
    'admin EventQueue.sendBatch',
    'a redrive sends the keys of one transaction at a time, at most 49, and a message holds 100',
  ],
  [
    'admin JobStore.unlessConditionFails',
    'the API names the job that a change starts, which is a put; updates are made by who works on it',
  ],
]);
