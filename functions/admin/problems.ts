import type { z } from '@hono/zod-openapi';
import { ApiError, type Problem } from './api-error.ts';

// From what a schema found wrong to the answer: every problem with its field, in sentences. The schemas word their own
// problems; what is general, such as a field that is missing or unknown, is worded here.

type Target = 'query' | 'param' | 'json' | 'header' | 'cookie' | 'form';

export function toInvalidRequest(target: Target, issues: readonly z.core.$ZodIssue[]): ApiError {
  const details = issues.flatMap((issue) => problemsOf(target, issue));
  const [only] = details;
  const message =
    details.length === 1 && only !== undefined
      ? `${only.path === '' ? '' : `${only.path}: `}${only.message}`
      : 'The request has several problems: see details.';
  return new ApiError('invalid_request', message, { details });
}

function problemsOf(target: Target, issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const message =
      target === 'query' ? 'There is no such query parameter here.' : 'There is no such field here.';
    return issue.keys.map((key) => ({ path: fieldPath([...issue.path, key]), message }));
  }
  return [{ path: fieldPath(issue.path), message: issue.message }];
}

function fieldPath(keys: readonly PropertyKey[]): string {
  let text = '';
  for (const key of keys)
    text += typeof key === 'number' ? `[${String(key)}]` : (text === '' ? '' : '.') + String(key);
  return text;
}
