import { Drawer } from '@mantine/core';
import { Navigation } from './navigation.tsx';
import { SidebarFooter } from './sidebar-footer.tsx';
import { Wordmark } from './wordmark.tsx';
import classes from './shell.module.css';

interface MenuDrawerProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** The navigation where there is no room for it at the side. A part of its own: most people never load it. */
export function MenuDrawer({ opened, onClose }: MenuDrawerProps) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      size="17rem"
      title={<Wordmark />}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className={classes['drawer']}>
        <Navigation onFollow={onClose} />
        <SidebarFooter />
      </div>
    </Drawer>
  );
}
