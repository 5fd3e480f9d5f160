import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, read } from '../../api/client.ts';
import type { RuleBody } from '../../api/rule-queries.ts';

/** While somebody types, a preview of each letter would only be thrown away. */
const TYPING_MS = 250;

/**
 * What saving the rule would do, asked for when the typing pauses. A question that is out of date is taken back: its
 * request is aborted. Until the next answer the last one stays, as `isPlaceholderData`. The body has to be the same object
 * as long as it says the same.
 */
export function useRulePreview(body: RuleBody | undefined, ruleId: string | undefined) {
  const [asked] = useDebouncedValue(body, TYPING_MS);
  const question = asked === undefined ? undefined : { ...asked, ruleId };
  const query = useQuery({
    queryKey: ['preview', question],
    enabled: question !== undefined,
    queryFn: async ({ signal }) => {
      if (question === undefined) throw new Error('There is nothing to preview.');
      return await read(api.POST('/api/rules/preview', { body: question, signal }));
    },
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 5_000,
  });
  return { ...query, isUpdating: query.isFetching || body !== asked };
}
