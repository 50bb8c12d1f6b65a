import * as cheerio from "cheerio";

export default {
  async fetch(request) {
    const $ = cheerio.load(await request.text());
    $("a[href^='http:']").attr("href", (_, href) => href.replace("http:", "https:"));
    $("script").remove();
    $("h1").addClass("big").after("<p>inserted &amp; parsed</p>");
    const rows = $("table tr:has(td)")
      .map((_, row) => [$(row).find("td").map((_, cell) => $(cell).text().trim()).get()])
      .get();
    const data = $.extract({ title: "title", links: [{ selector: "a", value: "href" }] });
    const xml = cheerio.load("<feed><entry id='1'/><entry id='2'>x</entry></feed>", { xml: true });
    return Response.json({ html: $("body").html()!.trim(), rows, data, nth: $("li:nth-child(2n+1)").text(), xml: xml("entry[id=2]").text(), empty: xml.xml(xml("entry").first()) });
  },
} satisfies ExportedHandler;
