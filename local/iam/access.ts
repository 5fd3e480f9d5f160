import type { LogSink } from '../log.ts';
import type { FunctionPlan } from '../template/plan.ts';
import { type Decision, type Grant, Policy } from './policy.ts';

// Who may call what, and who has called what: the policies of every function's role, with a record of use.

/** Services that the proxy sees. What a role may do elsewhere (logs, traces) cannot be watched here. */
const WATCHED = /^(dynamodb|sqs|secretsmanager|not )/;

export interface IamUsage {
  /** By the function's logical id. */
  readonly [functionId: string]: {
    /** `action on resource`, in order of first use. */
    readonly called: readonly string[];
    readonly denied: readonly string[];
    readonly unused: readonly Grant[];
  };
}

interface Principal {
  readonly plan: FunctionPlan;
  readonly policy: Policy;
  /** Decisions by `action resource`. Bounded by what exists: actions × tables and queues. */
  readonly decisions: Map<string, Decision>;
  readonly used: Set<string>;
  /** Calls that were refused because nobody knows what they need. Bounded by the operations that exist. */
  readonly unknown: Set<string>;
}

const DECISIONS_MAX = 10_000;

export class Access {
  private readonly principals: ReadonlyMap<string, Principal>;
  private readonly log: LogSink;

  constructor(functions: readonly FunctionPlan[], log: LogSink) {
    this.log = log;
    this.principals = new Map(
      functions.map((plan) => [
        plan.logicalId,
        {
          plan,
          policy: new Policy(plan.statements),
          decisions: new Map(),
          used: new Set(),
          unknown: new Set(),
        },
      ]),
    );
  }

  knows(functionId: string): boolean {
    return this.principals.has(functionId);
  }

  /** Undefined: allowed. Otherwise AWS's message, which names the missing permission. */
  refusalOf(functionId: string, action: string, resource: string): string | undefined {
    const principal = this.principals.get(functionId);
    if (principal === undefined) return 'The security token included in the request is invalid.';
    const decision =
      principal.decisions.get(`${action} ${resource}`) ?? this.decide(principal, action, resource);
    return decision.allowed ? undefined : messageOf(principal.plan, action, resource, decision.reason);
  }

  /** The refusal of a call that names nothing a policy could allow. Said once: whoever calls it may know another way. */
  refusalOfUnknown(functionId: string, call: string): string {
    const reason = `The local runtime cannot tell which permission ${call} needs for this request.`;
    const principal = this.principals.get(functionId);
    if (principal !== undefined && !principal.unknown.has(call)) {
      principal.unknown.add(call);
      this.log({
        source: 'runtime',
        level: 'warn',
        text: `${principal.plan.displayName} was denied ${call}. ${reason}`,
      });
    }
    return reason;
  }

  usage(): IamUsage {
    return Object.fromEntries(
      [...this.principals].map(([id, { policy, decisions, used, unknown }]) => {
        const calls = [...decisions].map(([call, { allowed }]) => ({
          text: call.replace(' ', ' on '),
          allowed,
        }));
        return [
          id,
          {
            called: calls.filter(({ allowed }) => allowed).map(({ text }) => text),
            denied: [...calls.filter(({ allowed }) => !allowed).map(({ text }) => text), ...unknown],
            unused: policy.grants().filter((grant) => WATCHED.test(grant.action) && !used.has(keyOf(grant))),
          },
        ];
      }),
    );
  }

  private decide(principal: Principal, action: string, resource: string): Decision {
    const decision = principal.policy.decide(action, resource);
    if (principal.decisions.size < DECISIONS_MAX) principal.decisions.set(`${action} ${resource}`, decision);
    for (const grant of decision.grants) principal.used.add(keyOf(grant));
    if (!decision.allowed) {
      this.log({
        source: 'runtime',
        level: 'warn',
        text: `${principal.plan.displayName} was denied ${action} on ${resource}, as it would be on AWS: its role does not allow it.`,
      });
    }
    return decision;
  }
}

function keyOf({ action, resource }: Grant): string {
  return `${action} ${resource}`;
}

function messageOf(plan: FunctionPlan, action: string, resource: string, reason: string): string {
  const user = `arn:aws:sts::000000000000:assumed-role/${plan.roleName}/${plan.name}`;
  return `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${reason}`;
}
