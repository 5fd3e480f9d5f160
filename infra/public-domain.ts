import { Validations } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HttpVersion,
  OriginRequestPolicy,
  ViewerProtocolPolicy,
  type BehaviorOptions,
} from 'aws-cdk-lib/aws-cloudfront';
import { FunctionUrlOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { FunctionUrl } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { routes, urlFunctionNames, type UrlFunctionName } from './routes.ts';

// One name before both functions: a distribution that routes, and caches nothing but the dashboard's assets, whose names
// change with their content. Its certificate and DNS record stay with
// the company, whose zone this stack does not know.

export interface PublicDomainProps {
  readonly name: string;
  /** Of a certificate in us-east-1, the only region that CloudFront reads. */
  readonly certificateArn: string;
  readonly urls: Readonly<Record<UrlFunctionName, FunctionUrl>>;
}

export class PublicDomain extends Construct {
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, props: PublicDomainProps) {
    super(scope, id);
    const behaviors = urlFunctionNames.flatMap((name) => {
      const origin = new FunctionUrlOrigin(props.urls[name]);
      return routes[name].map((path) => ({ path, behavior: { origin, ...behaviorOf(path) } }));
    });
    const fallback = behaviors.find(({ path }) => path === '*');
    if (fallback === undefined)
      throw new Error('No function claims `*` in infra/routes.ts, so unknown paths have no answer.');
    this.distribution = new Distribution(this, 'Distribution', {
      comment: 'Tallyhook: events, API and dashboard.',
      domainNames: [props.name],
      certificate: Certificate.fromCertificateArn(this, 'Certificate', props.certificateArn),
      httpVersion: HttpVersion.HTTP2_AND_3,
      defaultBehavior: fallback.behavior,
      additionalBehaviors: Object.fromEntries(
        behaviors.filter(({ path }) => path !== '*').map(({ path, behavior }) => [path, behavior]),
      ),
    });
    Validations.of(this.distribution).acknowledge(
      {
        id: 'AwsSolutions::AwsSolutions-CFR1',
        reason: 'Senders are wherever the company and its customers are; every request needs a key anyway.',
      },
      {
        id: 'AwsSolutions::AwsSolutions-CFR2',
        reason:
          'A WAF costs more per request than the rest of ingest. Keys are checked first, and reserved concurrency bounds what a flood can cost; a company that wants one can attach its own.',
      },
      {
        id: 'AwsSolutions::AwsSolutions-CFR3',
        reason:
          'Access logs would keep client addresses of every event in a bucket that nobody reads; what was accepted or rejected, and why, is in the tables.',
      },
    );
  }
}

/** Of the dashboard. */
const PAGES = new Set(['/', '/app', '/app/*']);

function behaviorOf(path: string): Omit<BehaviorOptions, 'origin'> {
  return {
    allowedMethods: AllowedMethods.ALLOW_ALL,
    cachePolicy: path === '/assets/*' ? CachePolicy.CACHING_OPTIMIZED : CachePolicy.CACHING_DISABLED,
    // Everything that the viewer sent, Authorization included, but not Host: a function URL answers to its own name only.
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    // A redirected POST loses its body or its key, and by then the key has crossed the network in clear. So plain HTTP is
    // refused, except for the paths that a person types into a browser.
    viewerProtocolPolicy: PAGES.has(path)
      ? ViewerProtocolPolicy.REDIRECT_TO_HTTPS
      : ViewerProtocolPolicy.HTTPS_ONLY,
  };
}
