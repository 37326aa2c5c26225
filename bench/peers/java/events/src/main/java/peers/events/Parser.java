package peers.events;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Reads the JSON of an event by Jackson's streaming API, which is its fastest. It stops at the type of an event that
 * the query does not want. One parser serves one thread and fills the same event again and again.
 */
public final class Parser {
    private static final JsonFactory FACTORY = new JsonFactory();
    private final Event event = new Event();
    private final int wanted;

    public Parser(int wanted) {
        this.wanted = wanted;
    }

    /** Returns the event, or null for one that is not wanted. */
    public Event nexmark(byte[] json) {
        try (JsonParser p = FACTORY.createParser(json)) {
            p.nextToken();
            p.nextFieldName();
            event.kind = kind(p.nextTextValue());
            if ((event.kind & wanted) == 0) {
                return null;
            }
            for (String name = p.nextFieldName(); name != null; name = p.nextFieldName()) {
                p.nextToken();
                field(p, name);
            }
            return event;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int kind(String type) {
        switch (type) {
            case "bid":
                return Event.BID;
            case "auction":
                return Event.AUCTION;
            case "person":
                return Event.PERSON;
            case "end":
                return Event.END;
            default:
                throw new IllegalArgumentException("unknown type of event " + type);
        }
    }

    private void field(JsonParser p, String name) throws IOException {
        switch (name) {
            case "id":
                event.id = p.getLongValue();
                break;
            case "auction":
                event.auction = p.getLongValue();
                break;
            case "bidder":
                event.bidder = p.getLongValue();
                break;
            case "seller":
                event.seller = p.getLongValue();
                break;
            case "price":
                event.price = p.getLongValue();
                break;
            case "category":
                event.category = p.getLongValue();
                break;
            case "expires":
                event.expires = p.getLongValue();
                break;
            case "time":
                event.time = p.getLongValue();
                break;
            case "name":
                event.name = p.getText();
                break;
            case "city":
                event.city = p.getText();
                break;
            case "state":
                event.state = p.getText();
                break;
            default:
                break;
        }
    }

    /** Returns the view of an ad, or null for any other event. */
    public Event ysb(byte[] json) {
        boolean view = false;
        try (JsonParser p = FACTORY.createParser(json)) {
            p.nextToken();
            for (String name = p.nextFieldName(); name != null; name = p.nextFieldName()) {
                JsonToken token = p.nextToken();
                switch (name) {
                    case "ad_id":
                        event.ad = p.getText();
                        break;
                    case "event_type":
                        view = token == JsonToken.VALUE_STRING && p.getText().equals("view");
                        if (!view) {
                            return null;
                        }
                        break;
                    case "event_time":
                        event.time = Long.parseLong(p.getText());
                        break;
                    default:
                        break;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        event.kind = Event.VIEW;
        return view ? event : null;
    }
}
