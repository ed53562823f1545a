// The part of VST 3's documented binary interface that roadie's test plug-ins need, declared here from its
// description: interfaces are tables of functions behind a pointer, identified by 16 bytes, in the order in which
// the documentation lists them. Nothing of Steinberg's SDK is needed to compile this.
#pragma once

#include <cstdint>
#include <cstring>

#ifdef _WIN32
#define CALL __stdcall
#define EXPORT extern "C" __declspec(dllexport)
#else
#define CALL
#define EXPORT extern "C" __attribute__((visibility("default")))
#endif

using Result = int32_t;
using Id = uint8_t[16];
using Char16 = char16_t;
using Text = Char16[128];

#ifdef _WIN32
constexpr Result OK = 0, NO = 1, NO_INTERFACE = static_cast<Result>(0x80004002), NOT_BUILT = static_cast<Result>(0x80004001);
#else
constexpr Result OK = 0, NO = 1, NO_INTERFACE = -1, NOT_BUILT = 3;
#endif

// An identifier as its four 32-bit groups are written. Windows keeps the first 8 bytes in COM's order.
struct Uid {
    uint8_t bytes[16];
    constexpr Uid(uint32_t a, uint32_t b, uint32_t c, uint32_t d) : bytes{} {
        const uint32_t groups[4] = {a, b, c, d};
        for (int g = 0; g < 4; ++g)
            for (int i = 0; i < 4; ++i) bytes[4 * g + i] = static_cast<uint8_t>(groups[g] >> (24 - 8 * i));
#ifdef _WIN32
        const uint8_t o[8] = {bytes[3], bytes[2], bytes[1], bytes[0], bytes[5], bytes[4], bytes[7], bytes[6]};
        for (int i = 0; i < 8; ++i) bytes[i] = o[i];
#endif
    }
    bool is(const void* other) const { return std::memcmp(bytes, other, 16) == 0; }
};

constexpr Uid UNKNOWN(0, 0, 0xC0000000, 0x00000046);
constexpr Uid PLUGIN_BASE(0x22888DDB, 0x156E45AE, 0x8358B348, 0x08190625);
constexpr Uid FACTORY(0x7A4D811C, 0x52114A1F, 0xAED9D2EE, 0x0B43BF9F);
constexpr Uid FACTORY2(0x0007B650, 0xF24B4C0B, 0xA464EDB9, 0xF00B2ABB);
constexpr Uid COMPONENT(0xE831FF31, 0xF2D54301, 0x928EBBEE, 0x25697802);
constexpr Uid PROCESSOR(0x42043F99, 0xB7DA453C, 0xA569E79D, 0x9AAEC33D);
constexpr Uid CONTROLLER(0xDCD7BBE3, 0x7742448D, 0xA874AACC, 0x979C759E);

struct Unknown {
    virtual Result CALL queryInterface(const void* id, void** object) = 0;
    virtual uint32_t CALL addRef() = 0;
    virtual uint32_t CALL release() = 0;
};

struct Stream : Unknown {
    virtual Result CALL read(void* to, int32_t bytes, int32_t* done) = 0;
    virtual Result CALL write(void* from, int32_t bytes, int32_t* done) = 0;
    virtual Result CALL seek(int64_t to, int32_t mode, int64_t* at) = 0;
    virtual Result CALL tell(int64_t* at) = 0;
};

struct FactoryInfo { char vendor[64], url[256], email[128]; int32_t flags; };
struct ClassInfo { Id id; int32_t cardinality; char category[32], name[64]; };
struct ClassInfo2 {
    Id id; int32_t cardinality; char category[32], name[64];
    uint32_t flags; char sub_categories[128], vendor[64], version[64], sdk_version[64];
};

struct Factory2 : Unknown {
    virtual Result CALL getFactoryInfo(FactoryInfo* info) = 0;
    virtual int32_t CALL countClasses() = 0;
    virtual Result CALL getClassInfo(int32_t index, ClassInfo* info) = 0;
    virtual Result CALL createInstance(const char* id, const char* interface, void** object) = 0;
    virtual Result CALL getClassInfo2(int32_t index, ClassInfo2* info) = 0;
};

struct PluginBase : Unknown {
    virtual Result CALL initialize(Unknown* context) = 0;
    virtual Result CALL terminate() = 0;
};

struct BusInfo { int32_t media, direction, channels; Text name; int32_t type; uint32_t flags; };
struct Routing { int32_t media, bus, channel; };

struct Component : PluginBase {
    virtual Result CALL getControllerClassId(Id id) = 0;
    virtual Result CALL setIoMode(int32_t mode) = 0;
    virtual int32_t CALL getBusCount(int32_t media, int32_t direction) = 0;
    virtual Result CALL getBusInfo(int32_t media, int32_t direction, int32_t index, BusInfo& info) = 0;
    virtual Result CALL getRoutingInfo(Routing& in, Routing& out) = 0;
    virtual Result CALL activateBus(int32_t media, int32_t direction, int32_t index, uint8_t on) = 0;
    virtual Result CALL setActive(uint8_t on) = 0;
    virtual Result CALL setState(Stream* state) = 0;
    virtual Result CALL getState(Stream* state) = 0;
};

struct Setup { int32_t mode, sample_size, most_frames; double rate_hz; };
struct BusBuffers { int32_t channels; uint64_t silent; float** samples; };

struct NoteOn { int16_t channel, pitch; float tuning, velocity; int32_t length, note; };
struct NoteOff { int16_t channel, pitch; float velocity; int32_t note; float tuning; };
struct Event {
    int32_t bus, at; double quarter; uint16_t flags, type;
    union { NoteOn on; NoteOff off; void* room[3]; };
};

struct Events : Unknown {
    virtual int32_t CALL getEventCount() = 0;
    virtual Result CALL getEvent(int32_t index, Event& event) = 0;
    virtual Result CALL addEvent(Event& event) = 0;
};

struct ValueQueue : Unknown {
    virtual uint32_t CALL getParameterId() = 0;
    virtual int32_t CALL getPointCount() = 0;
    virtual Result CALL getPoint(int32_t index, int32_t& at, double& value) = 0;
    virtual Result CALL addPoint(int32_t at, double value, int32_t& index) = 0;
};

struct Changes : Unknown {
    virtual int32_t CALL getParameterCount() = 0;
    virtual ValueQueue* CALL getParameterData(int32_t index) = 0;
    virtual ValueQueue* CALL addParameterData(const uint32_t& id, int32_t& index) = 0;
};

struct Data {
    int32_t mode, sample_size, frames, inputs_n, outputs_n;
    BusBuffers *inputs, *outputs;
    Changes *changes, *changes_out;
    Events *events, *events_out;
    void* context;
};

struct Processor : Unknown {
    virtual Result CALL setBusArrangements(uint64_t* in, int32_t ins, uint64_t* out, int32_t outs) = 0;
    virtual Result CALL getBusArrangement(int32_t direction, int32_t index, uint64_t& speakers) = 0;
    virtual Result CALL canProcessSampleSize(int32_t size) = 0;
    virtual uint32_t CALL getLatencySamples() = 0;
    virtual Result CALL setupProcessing(Setup& setup) = 0;
    virtual Result CALL setProcessing(uint8_t on) = 0;
    virtual Result CALL process(Data& data) = 0;
    virtual uint32_t CALL getTailSamples() = 0;
};

struct ParameterInfo {
    uint32_t id; Text title, short_title, units; int32_t steps; double normal; int32_t unit, flags;
};

struct Controller : PluginBase {
    virtual Result CALL setComponentState(Stream* state) = 0;
    virtual Result CALL setState(Stream* state) = 0;
    virtual Result CALL getState(Stream* state) = 0;
    virtual int32_t CALL getParameterCount() = 0;
    virtual Result CALL getParameterInfo(int32_t index, ParameterInfo& info) = 0;
    virtual Result CALL getParamStringByValue(uint32_t id, double value, Text text) = 0;
    virtual Result CALL getParamValueByString(uint32_t id, Char16* text, double& value) = 0;
    virtual double CALL normalizedParamToPlain(uint32_t id, double value) = 0;
    virtual double CALL plainParamToNormalized(uint32_t id, double value) = 0;
    virtual double CALL getParamNormalized(uint32_t id) = 0;
    virtual Result CALL setParamNormalized(uint32_t id, double value) = 0;
    virtual Result CALL setComponentHandler(Unknown* handler) = 0;
    virtual void* CALL createView(const char* name) = 0;
};
