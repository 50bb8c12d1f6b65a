// `node:perf_hooks`, on what the Web has of it.
import { notImplemented } from "./internal/errors.js";

export const { Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserver, PerformanceObserverEntryList, PerformanceResourceTiming, performance } = globalThis;

export const constants = {
  NODE_PERFORMANCE_GC_MAJOR: 4,
  NODE_PERFORMANCE_GC_MINOR: 1,
  NODE_PERFORMANCE_GC_INCREMENTAL: 8,
  NODE_PERFORMANCE_GC_WEAKCB: 16,
};
// Nobody measures the loop: a worker sees no clock move while it runs.
export const eventLoopUtilization = () => ({ idle: 0, active: 0, utilization: 0 });

export const timerify = (callback) => performance.timerify(callback);

export function createHistogram() {
  throw notImplemented("perf_hooks", "createHistogram");
}

export function monitorEventLoopDelay() {
  throw notImplemented("perf_hooks", "monitorEventLoopDelay");
}

export default { Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserver, PerformanceObserverEntryList, PerformanceResourceTiming, constants, createHistogram, eventLoopUtilization, monitorEventLoopDelay, performance, timerify };
