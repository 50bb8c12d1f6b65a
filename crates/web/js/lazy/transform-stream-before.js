// TransformStream as it was in Workers before it took a transformer: an IdentityTransformStream, whatever it is given.
import { IdentityTransformStream } from "./streams/index.js";
import { defineInterface } from "../webidl.js";

export class TransformStream extends IdentityTransformStream {
  constructor() {
    super();
  }
}
defineInterface(TransformStream);
