import { statfs } from 'node:fs/promises';
import type { LogSink } from './log.ts';

// A full disk shows in the engines as errors of all kinds, and the embedded DynamoDB then carries out parts of transactions:
// events counted twice, and not at all. So nothing is written any more while there is still room for what is under way:
// senders get 503, and one sentence says why.

const LOOK_EVERY_MS = 250;
const MEGABYTE = 1024 * 1024;
/** What the engines need to write their logs back, with room to spare. */
const NEARLY_FULL_BYTES = 16 * MEGABYTE;

export interface DiskWatch {
  /** Looks now, instead of when it is time. */
  look(): Promise<void>;
  /** Whether nothing may be written any more. */
  isShort(): boolean;
  stop(): void;
}

/** Says when the disk of this folder is nearly full, and when it no longer is. */
export function watchDiskSpace(
  folder: string,
  log: LogSink,
  freeBytesOf: (folder: string) => Promise<number> = freeBytesOnDisk,
): DiskWatch {
  let isShort = false;
  const look = async (): Promise<void> => {
    const free = await freeBytesOf(folder);
    if (free < NEARLY_FULL_BYTES && !isShort) {
      isShort = true;
      log({
        source: 'runtime',
        level: 'warn',
        text: `The disk that holds ${folder} has ${Math.floor(free / MEGABYTE)} MB left: make room. What cannot be stored is answered with 503, so that senders send it again, and nothing that was acknowledged is lost.`,
      });
    } else if (free > 2 * NEARLY_FULL_BYTES && isShort) {
      isShort = false;
      log({ source: 'runtime', level: 'info', text: `The disk that holds ${folder} has room again.` });
    }
  };
  // A folder that cannot be looked at is reported by whoever writes to it.
  const lookQuietly = (): void => void look().catch(() => undefined);
  const timer = setInterval(lookQuietly, LOOK_EVERY_MS);
  timer.unref();
  lookQuietly();
  return {
    look,
    isShort: () => isShort,
    stop: () => {
      clearInterval(timer);
    },
  };
}

async function freeBytesOnDisk(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
