import '@fontsource-variable/inter/wght.css';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import 'virtual:theme.css';
import './global.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

// The dashboard lives below /app; whoever opens the bare address of the deployment is led there.
if (location.pathname === '/') history.replaceState(null, '', '/app/');

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
