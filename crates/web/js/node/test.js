// `node:test`: of it, what stands in for functions and properties. No tests are run in a worker.
import { MockFunctionContext, MockTracker } from "./internal/mocks.js";

export const mock = new MockTracker();
export { MockFunctionContext, MockTracker };

export default { mock, MockFunctionContext, MockTracker };
