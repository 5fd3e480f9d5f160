import { MINUTE, type Deployment } from './deployment.ts';
import { QUEUES } from './deployment-names.ts';
import { violationsAtRest, type Rest } from './invariants.ts';
import type { Scheduler } from './scheduler.ts';
import { invocationStorage } from './scheduler.ts';
import { OBSERVER, type World } from './world.ts';

// Peace: everybody ends what they do, queues drain, and the timer ticks until nothing changes. Then the reckoning.

/** A sweep that lost its message is noticed by the second tick after it; three without a change are rest. */
const QUIET_TICKS = 3;
const TICKS_MAX = 40;

export interface AtRest {
  readonly violations: string[];
  readonly ticks: number;
  /** Everything that is stored. */
  readonly stored: string;
}

/** Nothing fails any more when this is called. */
export async function comeToRest(
  { dynamo, sqs, clients }: World,
  scheduler: Scheduler,
  deployment: Deployment,
  ledger: Rest['ledger'],
): Promise<AtRest> {
  await scheduler.run();
  let ticks = 0;
  let before = '';
  for (let quiet = 0; quiet < QUIET_TICKS && ticks < TICKS_MAX; ticks += 1) {
    scheduler.pass(5 * MINUTE);
    scheduler.start(async () => {
      await deployment.tick();
      // Everything is mended by now: what failed before is sent back until nothing is left.
      if (ledger.spoiled.size > 0) await deployment.redrive();
    });
    await scheduler.run();
    const after = dynamo.fingerprint();
    quiet = after === before ? quiet + 1 : 0;
    before = after;
  }
  const violations = await invocationStorage.run(OBSERVER, () =>
    violationsAtRest({ ledger, dynamo, clients, scheduler }),
  );
  for (const refusal of dynamo.refusals) violations.push(`the model refused ${refusal}`);
  if (ticks === TICKS_MAX) violations.push('the timer never came to rest');
  for (const queue of [QUEUES.events, QUEUES.lastChance, QUEUES.sweeps]) {
    if (sqs.size(queue) > 0) violations.push(`${queue} still holds messages`);
  }
  return { violations, ticks, stored: before };
}
