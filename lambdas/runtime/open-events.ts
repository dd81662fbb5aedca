import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IMPATIENT } from '../../shared/adapters/aws/client-settings.ts';
import { EventBusEvents } from '../../shared/adapters/aws/event-bus.ts';
import type { awsSettings } from './aws-settings.ts';

export function openEvents(settings: ReturnType<typeof awsSettings>, bus: string): EventBusEvents {
  return new EventBusEvents(new EventBridgeClient({ ...IMPATIENT, ...settings }), bus);
}
