import { Notifications } from '@mantine/notifications';

export function NewsCorner() {
  return <Notifications position="bottom-right" autoClose={6_000} />;
}
