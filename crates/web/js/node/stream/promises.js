// `node:stream/promises`.
import Stream from "../stream.js";

export const { finished, pipeline } = Stream.promises;
export default { finished, pipeline };
