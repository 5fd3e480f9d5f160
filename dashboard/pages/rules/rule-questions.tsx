import { useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { api, read } from '../../api/client.ts';
import type { Rule } from '../../api/rule-queries.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { showSuccess } from '../../parts/toast.ts';

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
  const params = { path: { ruleId: rule.id } };
  const refresh = async (): Promise<void> => {
    await queryClient.invalidateQueries({ queryKey: ['rules'] });
    void queryClient.invalidateQueries({ queryKey: ['jobs'] });
    void queryClient.invalidateQueries({ queryKey: ['unmapped'] });
  };
  const switchTo = async (enabled: boolean): Promise<void> => {
    await read(api.PATCH('/api/rules/{ruleId}', { params, body: { enabled, version: rule.version } }));
    await refresh();
    showSuccess(enabled ? 'The rule is on.' : 'The rule is off.');
  };
  const remove = async (): Promise<void> => {
    await read(api.DELETE('/api/rules/{ruleId}', { params }));
    navigate('/rules');
    queryClient.removeQueries({ queryKey: ['rules', rule.id] });
    await refresh();
    showSuccess('The rule is deleted.');
  };
  return (
    <>
      <ConfirmDialog
        opened={question === 'enable'}
        onClose={onClose}
        title="Switch this rule on?"
        action="Switch on"
        onConfirm={() => switchTo(true)}
      >
        It counts new events again, and those that are waiting and match are counted now.
      </ConfirmDialog>
      <ConfirmDialog
        opened={question === 'disable'}
        onClose={onClose}
        title="Switch this rule off?"
        action="Switch off"
        onConfirm={() => switchTo(false)}
      >
        New events no longer count by it. What it has counted stays.
      </ConfirmDialog>
      <ConfirmDialog
        opened={question === 'delete'}
        onClose={onClose}
        title="Delete this rule?"
        action="Delete the rule"
        isDangerous
        onConfirm={remove}
      >
        New events no longer count by it. What it has counted stays. It cannot be undone; to be able to come
        back to it, switch it off instead.
      </ConfirmDialog>
    </>
  );
}
