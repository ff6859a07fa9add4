// What the consumer does in one step on the server. (celery-wire.md 17)
#pragma once

#include <string_view>

namespace elasticbot::broker::scripts {

// In front of each script that moves a message: a script that fails half-way keeps what it has
// done, so that a key of the wrong type must be found before the message is taken from where it
// lies. (ELASTICBOT_EXPECT_TYPES is a macro, since literals can only be joined by the compiler.)
#define ELASTICBOT_EXPECT_TYPES \
    R"lua(
local function expect(key, wanted)
  local found = redis.call('TYPE', key).ok
  if found ~= 'none' and found ~= wanted then
    return redis.error_reply('WRONGTYPE ' .. key .. ' holds a ' .. found .. ', not a ' .. wanted)
  end
end
local function unexpected(first_list)
  local wrong = expect(KEYS[1], 'hash') or expect(KEYS[2], 'zset') or expect(KEYS[3], 'set')
  for i = first_list, #KEYS do wrong = wrong or expect(KEYS[i], 'list') end
  return wrong
end
)lua"

// An entry of the dead-letter list. (docs/operating.md) cjson keeps bytes that are no UTF-8.
#define ELASTICBOT_DEAD_LETTER \
    R"lua(
local function dead_letter(list, at, reason, text, limit)
  redis.call('LPUSH', list, cjson.encode({at = tonumber(at), reason = reason, message = text}))
  redis.call('LTRIM', list, 0, tonumber(limit) - 1)
end
)lua"

// The stored triple is put together from the raw text: decoding and encoding would round numbers.
// KEYS: unacked, unacked_index, held, dead letters, lists in order. ARGV: now, count, fallback tag,
// dead letter limit.
constexpr std::string_view claim = ELASTICBOT_EXPECT_TYPES ELASTICBOT_DEAD_LETTER R"lua(
local wrong = unexpected(4)
if wrong then return wrong end
local claimed = {}
local count = tonumber(ARGV[2])
for i = 5, #KEYS do
  while #claimed < count do
    local text = redis.call('RPOP', KEYS[i])
    if not text then break end
    local ok, message = pcall(cjson.decode, text)
    if not ok or type(message) ~= 'table' then
      dead_letter(KEYS[4], ARGV[1], 'cannot read the message: no JSON object', text, ARGV[4])
      claimed[#claimed + 1] = {'', KEYS[i], text}
    else
      local properties = type(message.properties) == 'table' and message.properties or {}
      local info = type(properties.delivery_info) == 'table' and properties.delivery_info or {}
      local tag = properties.delivery_tag
      if type(tag) ~= 'string' or tag == '' then tag = ARGV[3] .. '-' .. #claimed end
      while redis.call('HEXISTS', KEYS[1], tag) == 1 do tag = tag .. '+' end
      local exchange = type(info.exchange) == 'string' and info.exchange or ''
      local key = type(info.routing_key) == 'string' and info.routing_key or ''
      redis.call('HSET', KEYS[1], tag, '[' .. text .. ', ' .. cjson.encode(exchange) .. ', ' .. cjson.encode(key) .. ']')
      redis.call('ZADD', KEYS[2], ARGV[1], tag)
      redis.call('SADD', KEYS[3], tag)
      claimed[#claimed + 1] = {tag, KEYS[i], text}
    end
  end
end
return claimed
)lua";

// KEYS: unacked, unacked_index, held, result, lists. ARGV: tag, result text, seconds (0: for ever),
// result database, own database, a message for each list. An empty text: no result; an empty tag:
// result only. Messages are sent by the one who acknowledges: a second copy of the task sends none.
constexpr std::string_view finish = ELASTICBOT_EXPECT_TYPES R"lua(
local wrong = ARGV[1] ~= '' and unexpected(5)
if wrong then return wrong end
if ARGV[2] ~= '' then
  if ARGV[4] ~= ARGV[5] then redis.call('SELECT', ARGV[4]) end
  local is_text = redis.call('TYPE', KEYS[4]).ok == 'string'
  local stored = is_text and redis.call('GET', KEYS[4])
  local is_success = false
  if stored then
    local ok, result = pcall(cjson.decode, stored)
    is_success = ok and type(result) == 'table' and result.status == 'SUCCESS'
  end
  if not is_success then
    if tonumber(ARGV[3]) > 0 then
      redis.call('SETEX', KEYS[4], ARGV[3], ARGV[2])
    else
      redis.call('SET', KEYS[4], ARGV[2])
    end
    redis.call('PUBLISH', KEYS[4], ARGV[2])
  end
  if ARGV[4] ~= ARGV[5] then redis.call('SELECT', ARGV[5]) end
end
if ARGV[1] == '' then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1])
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
for i = 5, #KEYS do redis.call('LPUSH', KEYS[i], ARGV[i + 1]) end
return 1
)lua";

// Only one of those who try puts back. KEYS: unacked, unacked_index, held, list. ARGV: tag,
// message, RPUSH or LPUSH, newest score that counts as left behind (empty: any).
constexpr std::string_view put_back = ELASTICBOT_EXPECT_TYPES R"lua(
local wrong = unexpected(4)
if wrong then return wrong end
if ARGV[4] ~= '' then
  local score = redis.call('ZSCORE', KEYS[2], ARGV[1])
  if score and tonumber(score) > tonumber(ARGV[4]) then return 0 end
end
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call(ARGV[3], KEYS[4], ARGV[2])
return 1
)lua";

// KEYS: dead letters. ARGV: now, reason, message, limit.
constexpr std::string_view dead_letter = ELASTICBOT_DEAD_LETTER R"lua(
dead_letter(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4])
)lua";

// Lets go of a lock that is still ours. KEYS: lock. ARGV: token.
constexpr std::string_view release = R"lua(
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
)lua";

}  // namespace elasticbot::broker::scripts
