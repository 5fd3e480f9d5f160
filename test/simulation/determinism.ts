import type { Random } from './random.ts';
import { invocationStorage, type Scheduler } from './scheduler.ts';

// Takes chance and time away from Node, so that a seed repeats its run: Math.random, randomUUID, setTimeout
// (the pauses of adapters/backoff.ts and of the SDK) and AbortSignal.timeout follow the simulation. The product's
// code stays as it is. Only for a process of its own: nothing gives Node its chance and time back.

export interface Ruling {
  readonly scheduler: Scheduler;
  readonly random: Random;
}

let ruling: Ruling | undefined;

/** From now on this simulation decides. */
export function rule(by: Ruling): void {
  ruling = by;
}

export function takeOverNode(): void {
  const { syncBuiltinESMExports } = process.getBuiltinModule('node:module');
  const crypto: { randomUUID: () => string } = process.getBuiltinModule('node:crypto');
  const timers: { setTimeout: (ms?: number) => Promise<void> } =
    process.getBuiltinModule('node:timers/promises');
  const signals: { timeout: (ms: number) => AbortSignal } = AbortSignal;
  crypto.randomUUID = () => current().random.uuid();
  timers.setTimeout = (ms = 0) => current().scheduler.sleep(ms, 'pause');
  syncBuiltinESMExports();
  // Only the bare form that the SDK uses to wait; nothing here cancels a timer.
  const globals: { setTimeout: (work: () => void, ms?: number) => unknown } = globalThis;
  globals.setTimeout = (work, ms = 0) => current().scheduler.sleep(ms, 'setTimeout').then(work);
  Math.random = () => current().random.fraction();
  signals.timeout = (ms) => {
    const controller = new AbortController();
    // The timer belongs to nobody: it must fire also when whoever set it waits for something else.
    void invocationStorage
      .exit(() => current().scheduler.sleep(ms, 'abort'))
      .then(() => {
        controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
      });
    return controller.signal;
  };
  // What the functions log is not the output of a simulation.
  console.warn = () => undefined;
  console.error = () => undefined;
}

function current(): Ruling {
  if (ruling === undefined) throw new Error('No simulation is running.');
  return ruling;
}
