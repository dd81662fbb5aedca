import { DynamoExecutionStore } from '../../shared/adapters/aws/dynamo/execution-store.ts';
import { AwsServices, DYNAMODB_NAME, S3_NAME } from './aws-services.ts';
import { describeStoreContract } from './store-contract.ts';

describeStoreContract(`${DYNAMODB_NAME}, large values in ${S3_NAME}`, async () => {
  const services = await AwsServices.start();
  const emptyStore = async () => new DynamoExecutionStore(await services.newTable(), services.payloads);
  return { store: await emptyStore(), emptyStore, [Symbol.asyncDispose]: () => services[Symbol.asyncDispose]() };
});
