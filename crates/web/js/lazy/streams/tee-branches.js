// What a tee knows about its two branches, of whatever kind they are.

import { Deferred } from "./promises.js";
import { readableStreamCancel } from "./readable-core.js";

/** A kind of tee adds `first` and `second`, the records of its branches, and errorBranches(error). */
export class TeeBranches {
  canceled1 = false;
  canceled2 = false;
  reason1 = undefined;
  reason2 = undefined;
  cancelPromise = new Deferred();
  reading = false;

  constructor(stream) {
    this.stream = stream;
  }

  cancel1(reason) {
    this.canceled1 = true;
    this.reason1 = reason;
    if (this.canceled2) this.#cancelStream();
    return this.cancelPromise.promise;
  }

  cancel2(reason) {
    this.canceled2 = true;
    this.reason2 = reason;
    if (this.canceled1) this.#cancelStream();
    return this.cancelPromise.promise;
  }

  #cancelStream() {
    this.cancelPromise.resolve(readableStreamCancel(this.stream, [this.reason1, this.reason2]));
  }

  /** A chunk could not be cloned: nobody can go on. */
  fail(error) {
    this.errorBranches(error);
    this.cancelPromise.resolve(readableStreamCancel(this.stream, error));
  }

  /** The stream has ended, so there is nothing left to cancel. */
  settleCancel() {
    if (!this.canceled1 || !this.canceled2) this.cancelPromise.resolve(undefined);
  }
}
