import { DeploymentOptionsError } from './deployment-options.ts';
import { tallyhookApp } from './tallyhook-app.ts';

// What `npx cdk …` runs (cdk.json).

try {
  tallyhookApp().app.synth();
} catch (error) {
  if (!(error instanceof DeploymentOptionsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
