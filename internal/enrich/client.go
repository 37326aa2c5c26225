package enrich

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/mileusna/useragent"

	"github.com/millrace/millrace/event"
)

// clientLogic is the version of the code below and of the library.
const clientLogic = "1"

// client is what a user agent tells. All texts come from short lists, whatever a sender
// writes: the columns have few values.
type client struct {
	device, browser, os, bot string
}

// The kinds of devices.
const (
	deviceDesktop = "desktop"
	deviceMobile  = "mobile"
	deviceTablet  = "tablet"
	deviceOther   = "other"
)

const (
	maxAgent   = 1024 // bytes of a user agent that is looked at
	maxClients = 8192 // user agents that an applier remembers
)

// Client tells browser, operating system, kind of device, and bots, by the user agent.
// bots are further texts that only user agents of bots have.
func Client(bots []string) *Enrichment {
	var declared []string
	for _, b := range bots {
		if b = strings.ToLower(strings.TrimSpace(b)); b != "" {
			declared = append(declared, b)
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(declared, "\n")))
	version := clientLogic
	if len(declared) > 0 {
		version += "." + hex.EncodeToString(sum[:3])
	}
	return newStep("client", version, func() apply {
		known := newRecent[client](maxClients)
		parse := func(agent string) client { return parseAgent(agent, declared) }
		return func(b *event.Batch, rows []int32, f *facts, n *tally) {
			for k, i := range rows {
				said := f.of(b, k, i)
				agent := said[factAgent]
				if agent == "" && said[factDevice] == "" {
					n.of[Empty]++
					continue
				}
				var c client
				if agent != "" && len(agent) <= maxAgent {
					c = known.get(agent, parse)
				}
				if device := deviceOf(said[factDevice]); device != "" {
					c.device = device
				}
				if c == (client{}) {
					n.miss(b, i, "context.userAgent", agent, "is no user agent that is known")
					continue
				}
				n.of[Changed]++
				b.Device.Set(int(i), c.device)
				b.Browser.Set(int(i), c.browser)
				b.OS.Set(int(i), c.os)
				b.Bot.Set(int(i), c.bot)
			}
		}
	}, "device", "browser", "os", "bot")
}

// deviceOf reads context.device.type.
func deviceOf(kind string) string {
	for _, d := range [...]struct{ name, device string }{
		{"ios", deviceMobile}, {"android", deviceMobile}, {"mobile", deviceMobile}, {"phone", deviceMobile}, {"smartphone", deviceMobile},
		{"tablet", deviceTablet}, {"ipad", deviceTablet}, {"desktop", deviceDesktop}, {"pc", deviceDesktop}, {"laptop", deviceDesktop},
	} {
		if strings.EqualFold(kind, d.name) {
			return d.device
		}
	}
	return ""
}

// browsers are the names that are told apart, as the library writes them.
var browsers = map[string]bool{
	useragent.Opera: true, useragent.OperaMini: true, useragent.OperaTouch: true, useragent.Chrome: true, useragent.Firefox: true,
	useragent.InternetExplorer: true, useragent.Safari: true, useragent.Edge: true, useragent.Vivaldi: true, useragent.SamsungBrowser: true,
	useragent.FacebookApp: true, useragent.InstagramApp: true, useragent.TiktokApp: true, "Huawei Browser": true, "Miui Browser": true,
	"Android browser": true, "DuckDuckGo": true, "Brave": true, "YaBrowser": true, "UCBrowser": true, "Silk": true,
}

// bots are texts in the user agents of programs, in lower case, and the names that they
// get. The first that fits holds: names go before words that many have.
var bots = [...]struct{ text, name string }{
	{"adsbot-google", "Google Ads Bot"}, {"mediapartners-google", "Google Ads Bot"}, {"googlebot", "Googlebot"}, {"storebot-google", "Googlebot"},
	{"google-inspectiontool", "Googlebot"}, {"googleother", "Googlebot"}, {"bingbot", "Bingbot"}, {"bingpreview", "Bingbot"}, {"adidxbot", "Bingbot"}, {"yandex", "YandexBot"},
	{"baiduspider", "Baiduspider"}, {"duckduckbot", "DuckDuckBot"}, {"slurp", "Yahoo Slurp"}, {"applebot", "Applebot"}, {"petalbot", "PetalBot"},
	{"facebookexternalhit", "Facebook"}, {"facebookcatalog", "Facebook"}, {"meta-externalagent", "Facebook"}, {"twitterbot", "Twitterbot"}, {"linkedinbot", "LinkedInBot"},
	{"pinterestbot", "Pinterestbot"}, {"whatsapp", "WhatsApp"}, {"telegrambot", "TelegramBot"}, {"slackbot", "Slackbot"}, {"discordbot", "Discordbot"},
	{"gptbot", "GPTBot"}, {"chatgpt-user", "ChatGPT"}, {"oai-searchbot", "ChatGPT"}, {"claudebot", "ClaudeBot"}, {"perplexitybot", "PerplexityBot"}, {"ccbot", "CCBot"},
	{"bytespider", "Bytespider"}, {"amazonbot", "Amazonbot"}, {"ahrefsbot", "AhrefsBot"}, {"semrushbot", "SemrushBot"}, {"mj12bot", "MJ12bot"}, {"dotbot", "DotBot"},
	{"headlesschrome", "Headless Chrome"}, {"phantomjs", "PhantomJS"}, {"lighthouse", "Lighthouse"}, {"pingdom", "Pingdom"}, {"uptimerobot", "UptimeRobot"},
	{"curl/", "curl"}, {"wget/", "Wget"}, {"python-requests", "Python"}, {"python-urllib", "Python"}, {"aiohttp", "Python"}, {"scrapy", "Scrapy"},
	{"go-http-client", "Go"}, {"apache-httpclient", "Java"}, {"java/", "Java"}, {"libwww-perl", "Perl"}, {"node-fetch", "Node.js"}, {"axios/", "Node.js"},
	{"postmanruntime", "Postman"}, {"puppeteer", "Puppeteer"}, {"playwright", "Playwright"}, {"selenium", "Selenium"},
	{"crawl", otherBot}, {"spider", otherBot}, {"scraper", otherBot}, {"bot/", otherBot}, {"bot;", otherBot}, {"bot)", otherBot}, {"robot", otherBot},
}

// otherBot is a bot that has no name here.
const otherBot = "other"

// parseAgent reads a user agent.
func parseAgent(agent string, declared []string) client {
	if len(agent) > maxAgent {
		return client{}
	}
	lower := strings.ToLower(agent)
	ua := useragent.Parse(agent)
	c := client{os: osOf(ua.OS), bot: botOf(lower, declared)}
	if c.bot == "" && ua.Bot {
		c.bot = otherBot
	}
	switch {
	case ua.Tablet:
		c.device = deviceTablet
	case ua.Mobile:
		c.device = deviceMobile
	case ua.Desktop:
		c.device = deviceDesktop
	}
	if c.bot != "" {
		c.device = cmp.Or(c.device, deviceOther)
		return c
	}
	if browsers[ua.Name] {
		c.browser = ua.Name
		if major := ua.VersionNo.Major; major > 0 && major < 1000 {
			c.browser += " " + strconv.Itoa(major)
		}
	}
	// Android without "Mobile" is what tablets send.
	if ua.OS == useragent.Android && c.device == deviceMobile && strings.HasPrefix(c.browser, useragent.Chrome) && !strings.Contains(lower, "mobile") {
		c.device = deviceTablet
	}
	if c != (client{}) {
		c.device = cmp.Or(c.device, deviceOther)
	}
	return c
}

// osOf keeps the names that the library has for systems.
func osOf(name string) string {
	switch name {
	case useragent.Windows, useragent.Android, useragent.MacOS, useragent.IOS, useragent.Linux, useragent.FreeBSD, useragent.ChromeOS, useragent.Harmony:
		return name
	case useragent.WindowsPhone, useragent.BlackBerry:
		return "other"
	}
	return ""
}

func botOf(lower string, declared []string) string {
	for _, text := range declared {
		if strings.Contains(lower, text) {
			return otherBot
		}
	}
	for _, b := range &bots {
		if strings.Contains(lower, b.text) {
			return b.name
		}
	}
	return ""
}
