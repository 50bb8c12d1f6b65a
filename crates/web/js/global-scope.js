// What the global object is: a scope of a service worker, which is what Workers resemble most
// (https://w3c.github.io/ServiceWorker/#serviceworkerglobalscope). Its members are its own, as they are in browsers' windows.
import { EventTarget } from "./event-target.js";
import { defineInterface, illegalConstructor } from "./webidl.js";

export class WorkerGlobalScope extends EventTarget {
  constructor() {
    illegalConstructor();
    super();
  }
}
defineInterface(WorkerGlobalScope, "WorkerGlobalScope");

export class ServiceWorkerGlobalScope extends WorkerGlobalScope {
  constructor() {
    illegalConstructor();
    super();
  }
}
defineInterface(ServiceWorkerGlobalScope, "ServiceWorkerGlobalScope");
