import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Admin } from './admin.ts';
import type { DeploymentOptions } from './deployment-options.ts';
import { Imports } from './imports.ts';
import { Ingest } from './ingest.ts';
import { Monitoring } from './monitoring.ts';
import { PipelineResources } from './pipeline-resources.ts';
import { Processing } from './processing.ts';
import { PublicDomain } from './public-domain.ts';
import { Reprocessing } from './reprocessing.ts';

// The whole deployment in one stack, so that `cdk deploy` is the whole instruction. Knows neither account nor region.

export interface TallyhookStackProps extends StackProps {
  readonly options: DeploymentOptions;
}

export class TallyhookStack extends Stack {
  constructor(scope: Construct, id: string, { options, ...stackProps }: TallyhookStackProps) {
    super(scope, id, stackProps);
    const resources = new PipelineResources(this, 'Shared');
    const ingest = new Ingest(this, 'Ingest', { resources, concurrency: options.ingestConcurrency });
    const processing = new Processing(this, 'Process', {
      resources,
      concurrency: options.processConcurrency,
    });
    const reprocessing = new Reprocessing(this, 'Reprocess', resources);
    const domainUrl = options.domain === undefined ? undefined : `https://${options.domain.name}/`;
    const ingestUrl = domainUrl ?? ingest.url.url;
    const imports = new Imports(this, 'Imports', resources);
    const admin = new Admin(this, 'Admin', { resources, ingestUrl });
    new Monitoring(this, 'Monitoring', {
      resources,
      functions: {
        ingest: ingest.function.lambda,
        process: processing.function.lambda,
        reprocess: reprocessing.function.lambda,
        imports: imports.function.lambda,
        admin: admin.function.lambda,
      },
      alarmEmail: options.alarmEmail,
    });

    if (options.domain !== undefined) {
      const domain = new PublicDomain(this, 'Domain', {
        ...options.domain,
        urls: { ingest: ingest.url, imports: imports.url, admin: admin.url },
      });
      this.output(
        'DomainTarget',
        'Where the DNS record of the domain must point.',
        domain.distribution.distributionDomainName,
      );
    }
    this.output('WebhookUrl', 'For a Segment webhook destination.', `${ingestUrl}segment`);
    this.output('TrackingApiUrl', "For Segment's SDKs: their tracking API host.", `${ingestUrl}v1`);
    this.output(
      'BillingWebhookUrl',
      'For webhooks of billing providers: add stripe or chargebee.',
      `${domainUrl ?? imports.url.url}api/webhooks/`,
    );
    this.output('DashboardUrl', 'Dashboard and API.', domainUrl ?? admin.url.url);
    this.output('AdminKeySecretArn', 'The secret that holds the admin key.', resources.adminKey.secretArn);
    this.output(
      'BillingSecretArn',
      'The secret that takes the keys of Stripe and Chargebee.',
      resources.billingSecret.secretArn,
    );
  }

  private output(name: string, description: string, value: string): void {
    new CfnOutput(this, name, { description, value });
  }
}
