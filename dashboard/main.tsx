import '@fontsource-variable/inter/wght.css';
// In a layer, so that our own rules win whatever order the files of the build are loaded in.
import '@mantine/core/styles.layer.css';
import '@mantine/notifications/styles.layer.css';
import 'virtual:theme.css';
import './global.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

// The dashboard lives below /app; whoever opens the bare address of the deployment is led there.
if (location.pathname === '/') history.replaceState(null, '', '/app/');

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
