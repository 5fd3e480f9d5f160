import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, read } from '../../api/client.ts';
import type { RuleBody } from '../../api/rule-queries.ts';
import { ImpactText } from './impact-text.tsx';

/** The recount of a rule that is being written is asked for when the typing pauses. */
const TYPING_MS = 400;

/** What taking back all that a rule has counted would change. */
export function RevertImpact({ ruleId }: { readonly ruleId: string }) {
  const query = useQuery({
    queryKey: ['impact', ruleId, 'revert'],
    queryFn: async ({ signal }) => {
      const params = { path: { ruleId }, query: { change: 'revert' as const } };
      return await read(api.GET('/api/rules/{ruleId}/impact', { params, signal }));
    },
    // Events arrive all the time.
    staleTime: 0,
  });
  return <ImpactText query={query} />;
}

interface RecountImpactProps {
  readonly ruleId: string;
  /** The rule as it would be saved: the same object as long as it says the same. */
  readonly body: RuleBody;
}

/** What counting all of it again by the changed rule would change. */
export function RecountImpact({ ruleId, body }: RecountImpactProps) {
  const [asked] = useDebouncedValue(body, TYPING_MS);
  const query = useQuery({
    queryKey: ['impact', ruleId, 'recount', asked],
    queryFn: async ({ signal }) => {
      const params = { path: { ruleId } };
      return await read(api.POST('/api/rules/{ruleId}/impact', { params, body: asked, signal }));
    },
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 0,
  });
  return <ImpactText query={query} />;
}
