import { Faults, type CallFault } from './faults.ts';
import type { Random } from './random.ts';
import { currentSend } from './sends.ts';

// Faults at chosen sends and nowhere else. What each does to the attempts of the SDK:

export const PLANNED_FAULTS = [
  /** No attempt arrives. */
  'fail before',
  /** The first is carried out and its reply is lost; those after it do not arrive. */
  'lose reply',
  /** The first is carried out and its reply is lost; the second meets what the first has done. */
  'lose one reply',
  'throttle',
  /** The first meets a transaction; reads and queues know no such thing and work. */
  'conflict',
  /** SQS takes only some entries of a batch; all other calls work. */
  'part refused',
  'delay',
  /** The caller gives up on the first, which is carried out later; the second is carried out at once. */
  'zombie',
  'freeze',
  'crash before',
  'crash after',
  /** All containers are replaced while this one waits for its answer. */
  'redeploy',
] as const;
export type PlannedFault = (typeof PLANNED_FAULTS)[number];

/** The number of a send, and what happens to it. */
export type FaultPlan = ReadonlyMap<number, PlannedFault>;

export class PlannedFaults extends Faults {
  private readonly plan: Map<number, PlannedFault>;
  private readonly onRedeploy: () => void;

  constructor(random: Random, plan: FaultPlan, onRedeploy: () => void) {
    super(random);
    // Nothing happens by chance.
    this.heal();
    this.plan = new Map(plan);
    this.onRedeploy = onRedeploy;
  }

  /** A send of whose number nobody knew before. What is planned for it comes first. */
  planAlso(send: number, fault: PlannedFault): void {
    if (!this.plan.has(send)) this.plan.set(send, fault);
  }

  override atCall(): CallFault | undefined {
    const send = currentSend();
    const fault = this.plan.get(send?.number ?? 0);
    if (send === undefined || fault === undefined) return undefined;
    send.attempts += 1;
    const isFirst = send.attempts === 1;
    switch (fault) {
      case 'fail before':
        return 'refuse';
      case 'throttle':
        return 'throttle';
      case 'lose reply':
        return isFirst ? 'lose reply' : 'refuse';
      case 'lose one reply':
        return isFirst ? 'lose reply' : undefined;
      case 'redeploy':
        this.onRedeploy();
        return undefined;
      default:
        return isFirst ? fault : undefined;
    }
  }
}
