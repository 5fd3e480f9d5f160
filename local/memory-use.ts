import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface MemoryUse {
  readonly what: string;
  readonly pid: number;
  /** Resident: pages that processes share (Node's own code) count once for each. */
  readonly bytes: number;
  /** Resident, with each shared page divided among those who share it: only these add up. Linux only, else the same. */
  readonly proportionalBytes: number;
}

export function memoryUseOf(what: string, pid: number): MemoryUse {
  const bytes = residentBytes(pid);
  return { what, pid, bytes, proportionalBytes: proportionalBytes(pid) ?? bytes };
}

function proportionalBytes(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** Resident memory of a process; 0 when it is gone. */
function residentBytes(pid: number): number {
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
