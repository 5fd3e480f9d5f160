import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface MemoryUse {
  readonly what: string;
  readonly pid: number;
  /** Resident: pages that processes share (Node's own code) count once for each. */
  readonly bytes: number;
}

/** Resident memory of a process; 0 when it is gone. */
export function residentBytes(pid: number): number {
  try {
    if (process.platform === 'linux') {
      const [, kilobytes = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      return Number(kilobytes) * 1024;
    }
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
  } catch {
    return 0;
  }
}
