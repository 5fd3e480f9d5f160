// Resource types that the runtime passes over, each with the reason. Any type that is neither here nor understood stops
// the start: a resource that is silently missing would make this machine behave unlike AWS.

const OBSERVED_BY_PEOPLE = 'watches a deployment; on this machine the person watches';
const LOGS = 'function output goes to the console';
const PUBLIC_NAME = 'puts a public name and a cache in front of URLs that are served directly here';
const RESOURCE_POLICY =
  'guards against other accounts and plain HTTP; the local engines listen on loopback only';

export const WITHOUT_LOCAL_MEANING: ReadonlyMap<string, string> = new Map([
  ['AWS::CDK::Metadata', 'tells AWS which constructs were used'],
  ['AWS::CertificateManager::Certificate', PUBLIC_NAME],
  ['AWS::CloudFront::CachePolicy', PUBLIC_NAME],
  ['AWS::CloudFront::Distribution', PUBLIC_NAME],
  ['AWS::CloudFront::Function', PUBLIC_NAME],
  ['AWS::CloudFront::OriginAccessControl', PUBLIC_NAME],
  ['AWS::CloudFront::OriginRequestPolicy', PUBLIC_NAME],
  ['AWS::CloudFront::ResponseHeadersPolicy', PUBLIC_NAME],
  ['AWS::CloudWatch::Alarm', OBSERVED_BY_PEOPLE],
  ['AWS::CloudWatch::CompositeAlarm', OBSERVED_BY_PEOPLE],
  ['AWS::CloudWatch::Dashboard', OBSERVED_BY_PEOPLE],
  ['AWS::Logs::LogGroup', LOGS],
  ['AWS::Logs::MetricFilter', LOGS],
  ['AWS::Logs::QueryDefinition', LOGS],
  ['AWS::Route53::RecordSet', PUBLIC_NAME],
  ['AWS::SecretsManager::ResourcePolicy', RESOURCE_POLICY],
  ['AWS::SNS::Subscription', OBSERVED_BY_PEOPLE],
  ['AWS::SNS::Topic', OBSERVED_BY_PEOPLE],
  ['AWS::SNS::TopicPolicy', OBSERVED_BY_PEOPLE],
  ['AWS::SQS::QueuePolicy', RESOURCE_POLICY],
]);
