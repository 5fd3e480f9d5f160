// AWS's decision for one call: an explicit deny wins, else an allow is needed, else it is denied. Only identity policies
// (those of the function's role) exist here; conditions are refused when the template is read, since nothing here could
// evaluate them. Rules: "Policy evaluation logic" in the IAM user guide.

export interface PolicyStatement {
  /** Where it stands in the template, for messages. */
  readonly origin: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: ActionMatch;
  readonly resources: ResourceMatch;
}

/** Patterns with `*` and `?`; `except` turns NotAction and NotResource around. */
export interface ActionMatch {
  readonly patterns: readonly string[];
  readonly except: boolean;
}
export type ResourceMatch = ActionMatch;

export interface Grant {
  readonly action: string;
  readonly resource: string;
}

export interface Decision {
  readonly allowed: boolean;
  /** Why not, in AWS's own words; empty when allowed. */
  readonly reason: string;
  /** The pairs of patterns that allowed it. */
  readonly grants: readonly Grant[];
}

export class Policy {
  private readonly statements: readonly CompiledStatement[];

  constructor(statements: readonly PolicyStatement[]) {
    this.statements = statements.map(compile);
  }

  /** `action` as `dynamodb:PutItem`, `resource` as an ARN, or `*` for calls that name none. */
  decide(action: string, resource: string): Decision {
    const grants: Grant[] = [];
    for (const statement of this.statements) {
      const actions = matching(statement.actions, action);
      const resources = matching(statement.resources, resource);
      if (actions.length === 0 || resources.length === 0) continue;
      if (statement.effect === 'Deny') {
        return { allowed: false, reason: 'with an explicit deny in an identity-based policy', grants: [] };
      }
      for (const one of actions) for (const other of resources) grants.push({ action: one, resource: other });
    }
    return grants.length > 0
      ? { allowed: true, reason: '', grants }
      : {
          allowed: false,
          reason: `because no identity-based policy allows the ${action} action`,
          grants,
        };
  }

  /** Every pair of an allowed action and resource, as written. */
  grants(): Grant[] {
    return this.statements
      .filter((statement) => statement.effect === 'Allow')
      .flatMap(({ actions, resources }) =>
        labels(actions).flatMap((action) => labels(resources).map((resource) => ({ action, resource }))),
      );
  }
}

interface CompiledMatch {
  readonly patterns: readonly { readonly source: string; readonly test: RegExp }[];
  readonly except: boolean;
}

interface CompiledStatement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: CompiledMatch;
  readonly resources: CompiledMatch;
}

function compile(statement: PolicyStatement): CompiledStatement {
  return {
    effect: statement.effect,
    actions: compileMatch(statement.actions, 'i'),
    resources: compileMatch(statement.resources, ''),
  };
}

function compileMatch(match: ActionMatch, flags: string): CompiledMatch {
  return {
    except: match.except,
    patterns: match.patterns.map((source) => ({ source, test: wildcard(source, flags) })),
  };
}

function wildcard(pattern: string, flags: string): RegExp {
  const escaped = pattern.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, `s${flags}`);
}

function matching(match: CompiledMatch, value: string): string[] {
  const hits = match.patterns.filter((pattern) => pattern.test.test(value)).map((pattern) => pattern.source);
  if (!match.except) return hits;
  return hits.length > 0 ? [] : labels(match);
}

function labels(match: CompiledMatch): string[] {
  return match.except
    ? [`not ${match.patterns.map((pattern) => pattern.source).join(', ')}`]
    : match.patterns.map((pattern) => pattern.source);
}
