import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { TABLE } from '../../shared/config/table.ts';
import { dev, prod, resources, matching, denyWithoutTls } from './synthesized.ts';

describe('table', () => {
  test('keys, indexes and TTL are those of shared/config/table.ts', () => {
    expect(
      matching(dev, 'AWS::DynamoDB::Table', {
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: TABLE.partitionKey, KeyType: 'HASH' },
          { AttributeName: TABLE.sortKey, KeyType: 'RANGE' },
        ],
        TimeToLiveSpecification: { AttributeName: TABLE.ttl, Enabled: true },
        AttributeDefinitions: Match.arrayWith([{ AttributeName: TABLE.sweep.sortKey, AttributeType: 'N' }]),
        GlobalSecondaryIndexes: [
          {
            IndexName: TABLE.listing.name,
            KeySchema: [
              { AttributeName: TABLE.listing.partitionKey, KeyType: 'HASH' },
              { AttributeName: TABLE.listing.sortKey, KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: TABLE.listing.projected },
          },
          {
            IndexName: TABLE.sweep.name,
            KeySchema: [
              { AttributeName: TABLE.sweep.partitionKey, KeyType: 'HASH' },
              { AttributeName: TABLE.sweep.sortKey, KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      }),
    ).toHaveLength(1);
  });

  test.each([
    [dev, 'Delete', false],
    [prod, 'Retain', true],
  ] as const)(
    'dev leaves nothing behind, prod keeps, protects and can go back in time (%#)',
    (template, policy, kept) => {
      for (const type of ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::Logs::LogGroup']) {
        for (const [, resource] of resources(template, type)) expect(resource.DeletionPolicy).toContain(policy);
      }
      expect(
        matching(template, 'AWS::DynamoDB::Table', {
          // CDK leaves out what is not asked for.
          ...(kept && { DeletionProtectionEnabled: true }),
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: kept },
        }),
      ).toHaveLength(1);
    },
  );
});

test('the bucket is private, encrypted, TLS only, and forgets uploads that were never finished', () => {
  expect(
    matching(dev, 'AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: Match.anyValue(),
      LifecycleConfiguration: {
        Rules: [Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } })],
      },
    }),
  ).toHaveLength(1);
  expect(
    matching(dev, 'AWS::S3::BucketPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([denyWithoutTls('s3:*')]) },
    }),
  ).toHaveLength(1);
});
