import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import { Logger, LogFormatter, LogItem } from '@aws-lambda-powertools/logger';
import { charge } from '../../shared/metering/tally.ts';
import { logContext } from './log-context.ts';

/**
 * Powertools' own keys without those that are the same in every line of a log group (ARN, memory size), and with the execution
 * and its workspace, wherever the line was written.
 */
class ContextFormatter extends LogFormatter {
  formatAttributes(attributes: UnformattedAttributes, additional: LogAttributes): LogItem {
    const { logLevel, message, timestamp, serviceName, xRayTraceId, lambdaContext } = attributes;
    const item = new LogItem({
      attributes: {
        level: logLevel,
        message,
        timestamp: this.formatTimestamp(timestamp),
        service: serviceName,
        ...(lambdaContext !== undefined && {
          function_request_id: lambdaContext.awsRequestId,
          cold_start: lambdaContext.coldStart,
        }),
        ...(xRayTraceId !== undefined && { xray_trace_id: xRayTraceId }),
        ...logContext(),
      },
    });
    item.addAttributes(additional);
    charge({ logBytes: Buffer.byteLength(JSON.stringify(item.getAttributes()) ?? '') });
    return item;
  }
}

/** `service`: the function's folder in `lambdas/`. */
export function createLogger(service: string): Logger {
  return new Logger({ serviceName: service, logFormatter: new ContextFormatter() });
}
