import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { dev, prod, resources } from './synthesized.ts';

/** Whole templates, as YAML with sorted keys: a change shows as the lines of it. `npx vitest run test/infra/golden.test.ts -u` accepts one. */
describe('the template is the one that was last looked at', () => {
  test.each([
    ['dev', dev],
    ['prod', prod],
  ])('%s', async (stage, template) => {
    const { Parameters: _, Rules: __, ...own } = template.toJSON();
    const yaml = stringify(own, { sortMapEntries: true, aliasDuplicateObjects: false, lineWidth: 120 });
    await expect(yaml).toMatchFileSnapshot(`golden/stepwell-${stage}.yaml`);
  });
});

describe('what holds data is never replaced: another logical id would be another, empty table', () => {
  const idsOf = (template: Template) =>
    ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SQS::Queue'].flatMap((type) =>
      resources(template, type).map(([id]) => id),
    );

  test.each([
    ['dev', dev],
    ['prod', prod],
  ])('%s', (_, template) => {
    expect(idsOf(template).sort()).toEqual([
      'PayloadsBucket1715615A',
      'QueuesDeadLettersF0D5D2AD',
      'QueuesIsolated6A340589',
      'QueuesParked7648A030',
      'QueuesUndelivered054FE721',
      'QueuesWork4F2460A8',
      'StateTable962DE04C',
    ]);
  });

  test('the key of prod', () => {
    expect(resources(prod, 'AWS::KMS::Key').map(([id]) => id)).toEqual(['DataKey2A0DE9E6']);
  });
});
