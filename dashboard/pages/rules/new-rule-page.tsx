import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useLocation, useSearchParams } from 'wouter';
import { api, read } from '../../api/client.ts';
import { allFeatures } from '../../api/feature-queries.ts';
import type { RuleBody } from '../../api/rule-queries.ts';
import { BackLink } from '../../parts/back-link.tsx';
import { ErrorState } from '../../parts/error-state.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { showSuccess } from '../../parts/toast.ts';
import { useMayChange } from '../../session/session-store.ts';
import { ApiError } from '../../api/api-error.ts';
import { prefilledDraft } from './prefilled-draft.ts';
import { RuleForm } from './rule-form.tsx';

/** `?event=` names the event that it begins with, `?rule=` is a whole suggestion. */
export function NewRulePage() {
  const [search] = useSearchParams();
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  const features = useQuery(allFeatures);
  const save = async (body: RuleBody): Promise<void> => {
    const rule = await read(api.POST('/api/rules', { body }));
    showSuccess('The rule is saved. The events that are waiting are counted now.');
    await Promise.all([
      queryClient.invalidateQueries({ queryKey: ['rules'] }),
      queryClient.invalidateQueries({ queryKey: ['jobs'] }),
    ]);
    void queryClient.invalidateQueries({ queryKey: ['unmapped'] });
    navigate(`/rules/id/${encodeURIComponent(rule.id)}`);
  };
  const isAllowed = useMayChange();
  return (
    <Page
      title="New rule"
      back={<BackLink to="/rules">Rules</BackLink>}
      description="Say which events are a use of a feature. The preview shows what that means before anything is saved."
    >
      {isAllowed ? (
        <QueryState query={features}>
          {(all) => {
            const open = all.filter(({ archived }) => !archived);
            return (
              <RuleForm
                initial={prefilledDraft(search, open.length === 1 ? open[0]?.id : undefined)}
                action="Save the rule"
                save={save}
                onCancel={() => navigate('/rules')}
              />
            );
          }}
        </QueryState>
      ) : (
        <ErrorState error={new ApiError(403, 'wrong_scope', '')} />
      )}
    </Page>
  );
}
