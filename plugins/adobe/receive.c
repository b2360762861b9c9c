/* SPDX-License-Identifier: Apache-2.0 */
/* Adobe I/O events are hints: they come late, twice, in any order, and those of a save come before its
 * transaction has ended. So what an event names is only looked at earlier: the polls of all streams that take
 * events are woken by the body itself, and an event of an order that says what the order is called lets it be
 * read at once. What the event says of the order is not believed.
 *
 * The signature (judged before this) says that Adobe sent it, to anybody: whom it was for stands in the
 * event. */
#include "plugins/adobe/source.h"

#include <string.h>

static const struct {
    const char *part; /* of the event's type; the first that is found counts */
    int stream;
} types[] = {
    {"sales_order_creditmemo", STREAM_CREDITMEMOS},
    {"sales_order_invoice", STREAM_INVOICES},
    {"sales_order_shipment", STREAM_SHIPMENTS},
    {"sales_order", STREAM_ORDERS},
    {"checkout_submit_all_after", STREAM_ORDERS},
    {"order_management", STREAM_ORDERS},
    {"order_repository", STREAM_ORDERS},
};

static int stream_of(const char *type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strstr(type, types[i].part))
            return types[i].stream;
    }
    return -1;
}

/* An order that replaced another is known by the first one's number; without that it only wakes. */
static const char *key_of(const adobe_source *self, const json_t *value)
{
    const char *original = adobe_field(value, "original_increment_id");
    const char *key = *original ? original : adobe_field(value, "increment_id");
    bool may_be_edited = !*original && strchr(key, '-');
    return self->ids == ADOBE_INCREMENT && !may_be_edited && adobe_key_fits(key) ? key : NULL;
}

static int hint(const adobe_source *self, const json_t *event, tb_feed *feed)
{
    const char *key = key_of(self, json_object_get(json_object_get(event, "data"), "value"));
    if (!key || tb_feed_room(feed) < 1)
        return 0;
    tb_record *record = tb_record_new(ORDER_TYPE, key, json_object());
    return record ? tb_feed_add(feed, record, NULL) : -1;
}

static bool is_for_us(const adobe_source *self, const json_t *event, tb_feed *feed)
{
    const char *to = adobe_field(event, "recipient_client_id");
    if (self->recipient && !strcmp(to, self->recipient))
        return true;
    if (self->recipient)
        tb_raise(feed, "web.events-recipient", to, "an event for client \"%.60s\" came, this is \"%.60s\"",
                 to, self->recipient);
    else
        tb_raise(feed, "web.events-recipient", "recipient",
                 "events come, and parameter recipient is not set");
    return false;
}

static int take_event(adobe_source *self, tb_ctx *ctx, const json_t *event, tb_feed *feed)
{
    const char *type = adobe_field(event, "type"), *url = adobe_field(event, "validationUrl");
    if (*url)
        return tb_raise(feed, "web.events-validation", "registration",
                        "Adobe asks whether this is the right address: open %.300s", url);
    if (!is_for_us(self, event, feed))
        return 0;
    int stream = stream_of(type);
    if (stream < 0)
        tb_log(ctx, TB_DEBUG, "adobe.event", "event of type %.100s was left aside", type);
    return stream == STREAM_ORDERS && self->stream == STREAM_ORDERS ? hint(self, event, feed) : 0;
}

/* One event, or several in a list (batches). */
static json_t *events_in(json_t *body)
{
    size_t i;
    json_t *event, *list = json_is_object(body) ? json_pack("[O]", body) : json_incref(body);
    bool fine = json_array_size(list) > 0;
    json_array_foreach(list, i, event)
    {
        fine = fine && json_is_object(event);
    }
    if (!fine)
        json_decref(list);
    return fine ? list : NULL;
}

tb_verdict receive_events(adobe_source *self, tb_ctx *ctx, const char *body, size_t size, tb_feed *feed)
{
    json_error_t error;
    json_t *parsed = json_loadb(body, size, 0, &error), *event;
    if (!parsed && !*error.text)
        return TB_RETRY; /* no memory: every other failure has a text */
    json_t *events = events_in(parsed);
    tb_verdict v = events ? TB_OK : TB_REJECT;
    size_t i;
    json_array_foreach(events, i, event)
    {
        if (v == TB_OK && take_event(self, ctx, event, feed))
            v = TB_RETRY;
    }
    json_decref(events);
    json_decref(parsed);
    return v;
}
