"""What is measured. `bench/workers/micro` has a case of each of these names."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    name: str
    title: str


SECTIONS: dict[str, tuple[Case, ...]] = {
    "Headers": (
        Case("headers-object", "made of an object of 8, one asked for"),
        Case("headers-pairs", "made of 8 pairs, one asked for"),
        Case("headers-copy", "made of another `Headers` of 8, one asked for"),
        Case("headers-get", "`get` of two that are there and one that is not"),
        Case("headers-set", "`set` in place of another value, and `get`"),
        Case("headers-append", "three `append` of one name, `get` of all, `delete`"),
        Case("headers-iterate", "all 8 gone through"),
        Case("headers-make-iterate", "made of an object of 8 and gone through once"),
    ),
    "URL": (
        Case("url-parse", "parsed, path read: three of the usual kind"),
        Case("url-parse-odd", "parsed: with upper case, dots, percent signs, an IPv4 address in short, umlauts"),
        Case("url-relative", "parsed with a base"),
        Case("url-can-parse", "`canParse` of a URL and of none"),
        Case("url-read", "nine parts read"),
        Case("url-set", "`pathname`, `search` and `hash` set, `href` read"),
        Case("url-params", "parsed, one of `searchParams` read"),
        Case("url-params-set", "parsed, two of `searchParams` set, `href` read"),
    ),
    "URLSearchParams": (
        Case("params-parse", "six plain pairs parsed"),
        Case("params-parse-encoded", "six pairs with escapes parsed"),
        Case("params-build", "four appended, written as text"),
        Case("params-object", "made of an object of four, written as text"),
        Case("params-read", "`get` and `has`"),
        Case("params-iterate", "all six gone through"),
    ),
    "Streams": (
        Case("stream-read", "a chunk from `pull` to a reader"),
        Case("stream-for-await", "a chunk to `for await`"),
        Case("stream-pipe", "a chunk by `pipeTo` to a sink"),
        Case("stream-transform", "a chunk through a transformer to a reader"),
        Case("stream-identity", "a chunk from a writer through `new TransformStream()` to a reader"),
        Case("stream-tee", "a chunk to both branches of a `tee`"),
        Case("stream-byob", "a kilobyte read into the reader's own buffer"),
        Case("stream-text", "a kilobyte through `TextDecoderStream`"),
        Case("stream-short", "a stream of four chunks, made and read"),
        Case("stream-body", "a stream of four chunks as a body, read as text"),
    ),
    "Encoding": (
        Case("encode-short", "24 characters to UTF-8"),
        Case("encode-long", "64 KiB of ASCII to UTF-8"),
        Case("encode-long-mixed", "65,536 characters, some beyond ASCII, to UTF-8"),
        Case("encode-into", "24 characters into a buffer that is there"),
        Case("decode-short", "24 bytes of UTF-8"),
        Case("decode-long", "64 KiB of ASCII"),
        Case("decode-long-mixed", "the same as UTF-8 with some beyond ASCII"),
        Case("btoa-short", "`btoa` of 24 characters"),
        Case("btoa-long", "`btoa` of 64 KiB"),
        Case("atob-short", "`atob` of 32 characters"),
        Case("atob-long", "`atob` of 85 KiB"),
    ),
    "Requests, responses and their bodies": (
        Case("request-make", "`new Request` with method, headers and body"),
        Case("request-clone", "`new Request(request)`, a header read"),
        Case("response-make", "`new Response` with status and headers"),
        Case("response-text", "a text as a body, read again"),
        Case("response-json", "`Response.json`, read again"),
        Case("response-bytes", "a kilobyte as a body, read again"),
        Case("blob-text", "a `Blob` of two texts, read again"),
        Case("form-make", "a `FormData` with two texts and a file"),
        Case("form-multipart", "the same as a body, read again"),
    ),
    "Others": (
        Case("clone-object", "`structuredClone` of a nested object with a date and a map"),
        Case("digest-short", "SHA-256 of 64 bytes"),
        Case("random-uuid", "`crypto.randomUUID`"),
        Case("random-values", "`crypto.getRandomValues` of 16 bytes"),
        Case("event-dispatch", "an event to one listener"),
        Case("abort-signal", "a controller aborts its signal, one listener"),
    ),
}
CASES = {case.name: case for cases in SECTIONS.values() for case in cases}
