import { useQuery } from '@tanstack/react-query';
import { connection } from '../../api/connection-query.ts';
import { ConnectSteps } from '../../parts/connect-steps.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { StepCard } from './step-card.tsx';

interface ConnectStepProps {
  readonly isDone: boolean;
  readonly secret: string | undefined;
}

export function ConnectStep({ isDone, secret }: ConnectStepProps) {
  const query = useQuery(connection);
  return (
    <StepCard number={2} title="Send events here" state={isDone ? 'done' : 'now'}>
      <QueryState query={query}>{(urls) => <ConnectSteps {...urls} ingestKey={secret} isFirst />}</QueryState>
    </StepCard>
  );
}
