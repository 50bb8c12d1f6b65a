import { customAlphabet, nanoid } from "nanoid";
import { decodeTime, isValid, monotonicFactory, ulid } from "ulid";
import { parse, stringify, v1, v4, v5, v7, validate, version } from "uuid";

const many = <T>(make: () => T) => Array.from({ length: 500 }, make);
const distinct = (values: string[]) => new Set(values).size;

export default {
  fetch() {
    const next = monotonicFactory();
    const ordered = many(() => next(1_700_000_000_000));
    const sevens = many(() => v7());
    const four = v4();
    return Response.json({
      nanoid: [distinct(many(() => nanoid())), /^[\w-]{21}$/.test(nanoid()), customAlphabet("ab", 8)().replaceAll(/[ab]/g, "x")],
      ulid: [distinct(many(() => ulid())), isValid(ulid()), decodeTime(ulid(1_700_000_000_000)), ordered.join() === ordered.toSorted().join()],
      uuid: [distinct(many(() => v4())), validate(four), version(four), stringify(parse(four)) === four, version(v1())],
      seven: [distinct(sevens), version(sevens[0]), sevens.join() === sevens.toSorted().join()],
      five: v5("hello.example.com", v5.DNS),
    });
  },
} satisfies ExportedHandler;
