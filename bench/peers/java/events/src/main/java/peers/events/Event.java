package peers.events;

/** An event as the queries need it. The fields that its kind has not keep the values of an event before. */
public final class Event {
    public static final int PERSON = 1;
    public static final int AUCTION = 2;
    public static final int BID = 4;
    public static final int END = 8;
    public static final int VIEW = 16;

    public int kind;
    public long id;
    public long auction;
    public long bidder;
    public long seller;
    public long price;
    public long category;
    public long expires;
    public long time;
    public String name;
    public String city;
    public String state;
    public String ad;
}
