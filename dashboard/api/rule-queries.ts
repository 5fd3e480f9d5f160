import { queryOptions } from '@tanstack/react-query';
import { api, read, type Schema } from './client.ts';

export type Rule = Schema<'Rule'>;
export type RuleBody = Schema<'RuleBody'>;
export type RuleWithHistory = Schema<'RuleWithHistory'>;
export type RuleVersion = RuleWithHistory['history'][number];
export type EventMatcher = Schema<'EventMatcher'>;
export type Condition = Schema<'Condition'>;
export type Operator = Condition['operator'];
export type RulePreview = Schema<'RulePreview'>;
export type RuleImpact = Schema<'RuleImpact'>;

const PAGE = 100;

export const rulesPage = async (cursor: string | undefined) => {
  const query = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
  return await read(api.GET('/api/rules', { params: { query } }));
};

export const oneRule = (ruleId: string) =>
  queryOptions({
    queryKey: ['rules', ruleId],
    queryFn: async ({ signal }) =>
      await read(api.GET('/api/rules/{ruleId}', { params: { path: { ruleId } }, signal })),
  });
