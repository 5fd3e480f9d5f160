import { Paper } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { ApiError } from '../../api/api-error.ts';
import { api, read } from '../../api/client.ts';
import { oneRule, type Rule, type RuleBody } from '../../api/rule-queries.ts';
import { BackLink } from '../../parts/back-link.tsx';
import { ErrorState } from '../../parts/error-state.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { showSuccess } from '../../parts/toast.ts';
import { usePathParam } from '../../parts/use-path-param.ts';
import { useMayChange } from '../../session/session-store.ts';
import { PastChoice } from './past-choice.tsx';
import { draftOf } from './rule-draft.ts';
import { RecountImpact } from './rule-impact.tsx';
import { RuleForm } from './rule-form.tsx';

export function EditRulePage() {
  const ruleId = usePathParam('ruleId');
  const query = useQuery({ ...oneRule(ruleId), refetchOnWindowFocus: false });
  const mayChange = useMayChange();
  const address = `/rules/id/${encodeURIComponent(ruleId)}`;
  return (
    <Page
      title="Edit the rule"
      back={<BackLink to={address}>The rule</BackLink>}
      description="New and waiting events are counted by the changed rule. For what it has counted already, you choose."
    >
      {mayChange ? (
        <QueryState query={query}>
          {(rule) => <EditForm key={rule.version} rule={rule} address={address} reload={query.refetch} />}
        </QueryState>
      ) : (
        <ErrorState error={new ApiError(403, 'wrong_scope', '')} />
      )}
    </Page>
  );
}

interface EditFormProps {
  readonly rule: Rule;
  readonly address: string;
  readonly reload: () => Promise<unknown>;
}

function EditForm({ rule, address, reload }: EditFormProps) {
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  const [isRecounted, setRecounted] = useState(false);
  const save = async ({ name, delta, ...fields }: RuleBody): Promise<void> => {
    await read(
      api.PATCH('/api/rules/{ruleId}', {
        params: { path: { ruleId: rule.id }, query: isRecounted ? { recount: '1' } : {} },
        // Null takes away what the form has left empty.
        body: { ...fields, name: name ?? null, delta: delta ?? null, version: rule.version },
      }),
    );
    showSuccess('Saved. The events that are waiting are tried again.');
    await queryClient.invalidateQueries({ queryKey: ['rules'] });
    void queryClient.invalidateQueries({ queryKey: ['jobs'] });
    void queryClient.invalidateQueries({ queryKey: ['unmapped'] });
    navigate(address);
  };
  return (
    <RuleForm
      initial={draftOf(rule)}
      ruleId={rule.id}
      action="Save the change"
      save={save}
      onCancel={() => navigate(address)}
      onReload={() => void reload()}
    >
      {(body) => (
        <Paper withBorder radius="lg" p="lg">
          <PastChoice change="recount" isChosen={isRecounted} onChoose={setRecounted}>
            {body !== undefined && <RecountImpact ruleId={rule.id} body={body} />}
          </PastChoice>
        </Paper>
      )}
    </RuleForm>
  );
}
