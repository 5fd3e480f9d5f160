import { Stack } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api, read } from '../../api/client.ts';
import type { Rule } from '../../api/rule-queries.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { showSuccess } from '../../parts/toast.ts';
import { PastChoice } from './past-choice.tsx';
import { RevertImpact } from './rule-impact.tsx';

export type RuleQuestion = 'enable' | 'disable' | 'delete';

interface RuleQuestionsProps {
  readonly rule: Rule;
  readonly question: RuleQuestion | undefined;
  readonly onClose: () => void;
}

/** What is asked before a rule is switched or deleted, with what will be so afterwards. */
export function RuleQuestions({ rule, question, onClose }: RuleQuestionsProps) {
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const [isTakenBack, setTakenBack] = useState(false);
  const path = { ruleId: rule.id };
  const revert = isTakenBack ? { revert: '1' as const } : {};
  const close = (): void => {
    setTakenBack(false);
    onClose();
  };
  const refresh = async (): Promise<void> => {
    await queryClient.invalidateQueries({ queryKey: ['rules'] });
    void queryClient.invalidateQueries({ queryKey: ['jobs'] });
    void queryClient.invalidateQueries({ queryKey: ['unmapped'] });
  };
  const switchTo = async (enabled: boolean): Promise<void> => {
    const body = { enabled, version: rule.version };
    await read(api.PATCH('/api/rules/{ruleId}', { params: { path, query: enabled ? {} : revert }, body }));
    await refresh();
    showSuccess(enabled ? 'The rule is on.' : 'The rule is off.');
  };
  const remove = async (): Promise<void> => {
    await read(api.DELETE('/api/rules/{ruleId}', { params: { path, query: revert } }));
    // What is taken back can be watched there.
    navigate(isTakenBack ? '/reprocessing' : '/rules');
    queryClient.removeQueries({ queryKey: ['rules', rule.id] });
    await refresh();
    showSuccess('The rule is deleted.');
  };
  return (
    <>
      <ConfirmDialog
        opened={question === 'enable'}
        onClose={close}
        title="Switch this rule on?"
        action="Switch on"
        onConfirm={() => switchTo(true)}
      >
        It counts new events again, and those that are waiting and match are counted now.
      </ConfirmDialog>
      <ConfirmDialog
        opened={question === 'disable'}
        onClose={close}
        title="Switch this rule off?"
        action="Switch off"
        onConfirm={() => switchTo(false)}
      >
        <Stack>
          New events no longer count by it.
          <PastChoice change="revert" isChosen={isTakenBack} onChoose={setTakenBack}>
            <RevertImpact ruleId={rule.id} />
          </PastChoice>
        </Stack>
      </ConfirmDialog>
      <ConfirmDialog
        opened={question === 'delete'}
        onClose={close}
        title="Delete this rule?"
        action="Delete the rule"
        isDangerous
        onConfirm={remove}
      >
        <Stack>
          New events no longer count by it. It cannot be undone; to be able to come back to it, switch it off
          instead.
          <PastChoice change="revert" isChosen={isTakenBack} onChoose={setTakenBack}>
            <RevertImpact ruleId={rule.id} />
          </PastChoice>
        </Stack>
      </ConfirmDialog>
    </>
  );
}
